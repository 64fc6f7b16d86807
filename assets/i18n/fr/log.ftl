# Journal

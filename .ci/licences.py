"""Reads `cargo metadata`: every dependency comes from crates.io and has a licence that we may ship."""

import json
import re
import sys

ALLOWED = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-1-Clause", "BSD-2-Clause", "BSD-3-Clause",
    "BSL-1.0", "CC0-1.0", "CDLA-Permissive-2.0", "ISC", "MIT", "MIT-0", "MPL-2.0", "OFL-1.1",
    "Ubuntu-font-1.0", "Unicode-3.0", "Unlicense", "Zlib", "LGPL-2.1-or-later",
}

bad = []
packages = json.load(sys.stdin)["packages"]
for package in packages:
    name = f"{package['name']} {package['version']}"
    source = package["source"]
    if source is None:
        continue
    if not source.startswith("registry+"):
        bad.append(f"{name}: not from the registry ({source})")
    licence = package.get("license") or ""
    # An expression is fine when one alternative of each part is.
    parts = re.split(r"\s+AND\s+", licence.replace("/", " OR ").replace("(", "").replace(")", ""))
    for part in parts:
        if not any(choice.strip() in ALLOWED for choice in part.split(" OR ")):
            bad.append(f"{name}: licence {licence!r}")
            break
print(f"{len(packages)} packages")
if bad:
    sys.exit("\n".join(bad))

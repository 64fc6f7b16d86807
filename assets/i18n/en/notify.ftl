# Messages to the people on call

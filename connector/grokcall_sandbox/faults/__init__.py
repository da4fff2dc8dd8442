"""What can be made to go wrong, one module a kind of fault."""

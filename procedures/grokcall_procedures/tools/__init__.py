"""Tools of answers: the parameters that offer them, what must hold of these, and what goes over the wire."""

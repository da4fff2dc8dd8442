"""What every room speaks: outcomes, columns of results, text that is safe to show, files and processes."""

"""What commands share: arguments, lines of text, files written."""

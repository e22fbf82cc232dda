"""One file for each thing the server can be asked. Imported when first asked; none knows another."""

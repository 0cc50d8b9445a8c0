"""What a claim is made of, how claim files are found, and trials as plain data. No trial is run here."""

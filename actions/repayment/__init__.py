"""What a loan costs month by month: exact plans, said in words, as a table and as a picture."""

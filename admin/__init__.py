"""The administration pages: quality review by people, evaluation runs, statements and the payment policy."""

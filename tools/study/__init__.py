"""The study: each module makes tables and plots for one question."""

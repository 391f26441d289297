"""What a release needs: package lists, checks, pages."""

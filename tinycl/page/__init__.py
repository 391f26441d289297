"""The page on which a person teaches a board in the browser, and its server."""

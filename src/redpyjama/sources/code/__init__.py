"""Source code: archives and rows of files, and the licence that each file stands under."""

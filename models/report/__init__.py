"""What stands behind each figure of the page, a query a figure: it runs on the published file as it is shown."""

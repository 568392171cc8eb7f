"""What is odd about a day beside the days before it, as SQL: each file selects alarms in words, none where all is well.

`measures` is run first. Together they tell broken tracking from people who behave otherwise.
"""

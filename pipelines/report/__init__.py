"""The funnel page: one self-contained HTML file that stakeholders read."""

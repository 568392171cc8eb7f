"""Suggesting a starting lifecycle: unmatched events become touchpoints of likely phases, and those a file."""

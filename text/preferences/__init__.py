"""A written constitution, answers revised by it, and pairs of which a teacher prefers one."""

"""What is said of values: errors, remarks and original values, by place."""

"""What the benchmarks share: drawn data, scoring of results, tables and plots. No commands."""

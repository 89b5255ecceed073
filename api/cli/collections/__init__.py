"""The commands of `reelseek collection`: choosing, trimming and arranging moments under a name."""

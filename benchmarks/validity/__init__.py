"""Every promise about coverage that the method and the README make, measured again."""

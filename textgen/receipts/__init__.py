"""Every result can be cited and repeated."""

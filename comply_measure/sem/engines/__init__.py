"""Other engines that confirm this one."""

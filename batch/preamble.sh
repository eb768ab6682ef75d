# No site preset: programs and libraries are found as where `recovery submit` ran.

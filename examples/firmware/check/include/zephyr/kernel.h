/* For check_packages.sh alone: Zephyr's sample compiles against this where
 * Zephyr is not. */

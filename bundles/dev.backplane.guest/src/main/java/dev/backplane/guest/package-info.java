/** Makes a bootable guest from Debian packages. */
@NullMarked
package dev.backplane.guest;

import org.jspecify.annotations.NullMarked;

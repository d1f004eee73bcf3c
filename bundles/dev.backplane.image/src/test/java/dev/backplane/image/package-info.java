/** What formats of disk images have in common, over a disk in memory. */
@NullMarked
package dev.backplane.image;

import org.jspecify.annotations.NullMarked;

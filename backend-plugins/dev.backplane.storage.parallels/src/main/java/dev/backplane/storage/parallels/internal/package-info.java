/**
 * Disk images of Parallels Desktop (parallels): {@code ParallelsHeader} is what is checked first, {@code ParallelsTable} knows where the clusters are
 * and says in the image while it is not consistent.
 */
@NullMarked
package dev.backplane.storage.parallels.internal;

import org.jspecify.annotations.NullMarked;

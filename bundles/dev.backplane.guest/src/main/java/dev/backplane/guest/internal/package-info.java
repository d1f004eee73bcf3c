/** Package archives, apt, the initramfs and the cache. */
@NullMarked
package dev.backplane.guest.internal;

import org.jspecify.annotations.NullMarked;

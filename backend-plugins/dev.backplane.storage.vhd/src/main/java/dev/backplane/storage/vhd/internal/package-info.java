/**
 * Disk images of Virtual PC and Hyper-V (vhd): {@code Footer} is in every image, {@code DynamicHeader} and {@code VhdTable} in those that grow.
 */
@NullMarked
package dev.backplane.storage.vhd.internal;

import org.jspecify.annotations.NullMarked;

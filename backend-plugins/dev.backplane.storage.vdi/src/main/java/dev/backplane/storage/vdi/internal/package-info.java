/**
 * Disk images of VirtualBox (vdi): {@code VdiHeader} is what is checked first, {@code VdiTable} knows where the blocks are and how many there are.
 */
@NullMarked
package dev.backplane.storage.vdi.internal;

import org.jspecify.annotations.NullMarked;

/**
 * Disk images of VMware (vmdk). {@code Descriptor} is the text that says which extents a disk has, {@code JoinedStorage} puts them one behind the
 * other; an extent's bytes stand as they are, or in grains: {@code SparseHeader} with {@code GrainTable}, or {@code CompressedExtent}.
 */
@NullMarked
package dev.backplane.storage.vmdk.internal;

import org.jspecify.annotations.NullMarked;

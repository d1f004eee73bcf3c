/**
 * Disk images of Hyper-V (vhdx; section numbers are those of [MS-VHDX]). {@code Header} says whether the log counts, {@code Log} reads it and {@code
 * ReplayedFile} shows the image as if it had been applied; {@code Regions} and {@code Metadata} say where things are and what the disk is; {@code
 * VhdxTable} is the block allocation table, which {@code LogWriter} writes through the log.
 */
@NullMarked
package dev.backplane.storage.vhdx.internal;

import org.jspecify.annotations.NullMarked;

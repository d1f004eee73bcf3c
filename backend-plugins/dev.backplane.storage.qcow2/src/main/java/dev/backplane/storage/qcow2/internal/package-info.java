/**
 * Disk images of QEMU (qcow2). {@code QcowLayer} cuts requests into clusters; {@code Mapping} knows where each is (L1 and L2 tables), {@code
 * Refcounts} which are in use; both keep what has changed until {@code QcowLayer} writes it, in the order that a power cut at any moment allows.
 */
@NullMarked
package dev.backplane.storage.qcow2.internal;

import org.jspecify.annotations.NullMarked;

/** What virtio's conformance chapter asks of devices, against a driver that can do anything. */
@NullMarked
package dev.backplane.virtio.internal;

import org.jspecify.annotations.NullMarked;

/** The vendor's example that stands in the documentation of the API's package {@code device.virtio}. It imports nothing but the API. */
@NullMarked
package dev.backplane.virtio.example;

import org.jspecify.annotations.NullMarked;

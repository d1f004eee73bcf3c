/** Tests of the image tool with real plugins, and QEMU's tools as judges. */
@NullMarked
package dev.backplane.disk.internal;

import org.jspecify.annotations.NullMarked;

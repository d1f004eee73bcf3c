/**
 * Event counters that the host's kernel and this process signal each other with (eventfd), and a wait for many of them (epoll).
 *
 * <p>Used where an event crosses the border without a call: a guest's write to a doorbell that KVM turns into a signal, an
 * interrupt that a device's thread raises without an ioctl.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.natives.event;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

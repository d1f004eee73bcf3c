/**
 * The conformance kit: what a vendor's tests run against.
 *
 * <p>Extend {@link dev.backplane.testkit.DeviceContract} or {@link dev.backplane.testkit.ConsoleContract} to check what
 * every part promises, and drive a part by hand through {@link dev.backplane.testkit.DeviceBench}. Time is virtual, guest
 * accesses are calls of the test, and everything happens on the test's thread, so that a test gives the same result every
 * time. Only tasks that a part gives to its executor run on threads of their own.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.testkit;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

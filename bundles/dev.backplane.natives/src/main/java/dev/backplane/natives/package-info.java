/**
 * The host kernel's interfaces that the JDK does not offer, for the bundles that are fixed for the process (kernel, shell).
 *
 * <p>{@link dev.backplane.natives.Host} is the one service; it hands out a small interface per noun: memory, files and
 * locks, terminals, the process, event counters, virtual machines. All of them may be called from any thread. Calls that can block say so: they belong on
 * platform threads, since a foreign call pins the carrier of a virtual thread. No type of the foreign-function library
 * appears in a signature.
 */
@Export
@Version("1.2.0")
@NullMarked
package dev.backplane.natives;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

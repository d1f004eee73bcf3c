/**
 * Snapshots of machines as folders: {@code manifest.json} for people and checks, {@code state.cbor}, memory with its index, copies of disks.
 * Nothing here knows a running machine.
 */
@NullMarked
package dev.backplane.kernel.internal.snapshot;

import org.jspecify.annotations.NullMarked;

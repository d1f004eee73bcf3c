/**
 * The PCI Express bus of the board: configuration space, address decoding, interrupts. {@code PciRoot} owns the topology and finds the
 * function for an access; a {@code Function} is 4 KiB of configuration space with what its registers do; what a device plugin
 * answers stays behind the handlers of its windows.
 */
@NullMarked
package dev.backplane.machine.pc.internal.pci;

import org.jspecify.annotations.NullMarked;

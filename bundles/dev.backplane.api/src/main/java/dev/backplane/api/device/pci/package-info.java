/**
 * PCI devices: a {@link dev.backplane.api.device.Shape Shape} with a {@link dev.backplane.api.device.pci.PciFunction PciFunction} puts the
 * device on the board's PCI Express bus. The vendor states identity, BARs and capabilities as data, serves each BAR as a window by its
 * name ({@link dev.backplane.api.device.DeviceContext#serve}) and signals through the {@link dev.backplane.api.device.pci.PciPort
 * PciPort}. Configuration space, the positions of BARs, the MSI-X table with its pending bits and the interrupt pin's level belong to
 * the board and outlive the part.
 *
 * <p>A register whose writes are mere signals can be declared a {@link dev.backplane.api.device.pci.PciDoorbell PciDoorbell}: on hosts that
 * can do so its writes are told without the vCPU's leaving the guest. The device notices nothing but the thread.
 *
 * <p>Vendors implement nothing here; boards and the kernel implement {@code PciPort}. Calls come on any thread and do not block.
 */
@Export
@Version("1.1.0")
@NullMarked
package dev.backplane.api.device.pci;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

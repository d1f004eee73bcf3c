/**
 * The local APIC of a software vCPU: xAPIC page and x2APIC registers, its timer, and the bus on which the local APICs of
 * one partition exchange interrupts.
 *
 * <p>A {@link dev.backplane.x86.apic.LocalApic} belongs to its vCPU's thread; interrupts arrive from any thread through
 * {@link dev.backplane.x86.apic.ApicBus}, which touches only atomic state and then wakes the vCPU. Nothing here allocates
 * once it is built. Sections are those of the SDM, volume 3A, chapter "Advanced Programmable Interrupt Controller".
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.x86.apic;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

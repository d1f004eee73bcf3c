package dev.backplane.kernel.internal.bay;

import dev.backplane.kernel.internal.memory.GuestRam;
import dev.backplane.kernel.internal.time.MachineClock;

/**
 * What the bays of one machine share.
 *
 * @param vm the machine's name
 * @param ram its memory
 * @param clock its clock
 * @param signals its notifications
 * @param requests what parts ask of it
 */
public record Surroundings(String vm, GuestRam ram, MachineClock clock, Signals signals, MachineRequests requests) {}

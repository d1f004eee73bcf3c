package dev.backplane.disk.internal;

import dev.backplane.api.storage.image.DiskManager;
import dev.backplane.shell.command.CommandContext;

/**
 * What every subcommand works with.
 *
 * @param disks opens and makes disks
 * @param context prints
 */
record Tool(DiskManager disks, CommandContext context) {}

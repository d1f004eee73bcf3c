package dev.backplane.itests.hostile;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmSource;
import dev.backplane.console.file.internal.FileConsole;
import dev.backplane.cpu.soft.internal.SoftBackend;
import dev.backplane.device.debugexit.internal.DebugExitFactory;
import dev.backplane.device.i8042.internal.I8042Factory;
import dev.backplane.device.rtc.internal.RtcFactory;
import dev.backplane.device.serial.internal.SerialFactory;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.KnownPlugins;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.files.ImageFiles;
import dev.backplane.kernel.internal.memory.HostRam;
import dev.backplane.kernel.internal.vm.HostThreads;
import dev.backplane.kernel.internal.vm.Kernel;
import dev.backplane.machine.pc.internal.Pc1Model;
import dev.backplane.natives.internal.LinuxHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.osgi.framework.Version;

/** The product's kernel with all that a PC needs, and the machines that a test starts on it. */
final class Machines implements AutoCloseable {
    private final Catalogue catalogue = new Catalogue();
    private final Kernel kernel = new Kernel(
            catalogue,
            KnownPlugins.NONE,
            new HostRam(new LinuxHost()),
            new ImageFiles(null),
            () -> true,
            new HostThreads(null));
    private final Path folder;
    private long generation;

    /** Machines whose files lie in a folder. */
    Machines(Path folder) {
        this.folder = folder;
        kernel.open();
        offer(Kind.MACHINE, "pc-1", new Pc1Model());
        offer(Kind.CPU, "soft", new SoftBackend());
        offer(Kind.CONSOLE, "file", new FileConsole());
        offer(Kind.DEVICE, "serial-16550", new SerialFactory());
        offer(Kind.DEVICE, "rtc-cmos", new RtcFactory());
        offer(Kind.DEVICE, "i8042-reset", new I8042Factory());
        offer(Kind.DEVICE, "debug-exit", new DebugExitFactory());
    }

    private void offer(Kind kind, String type, Object factory) {
        catalogue.add(new Offer(
                kind, type, "test." + type, Version.parseVersion("1.0.0"), ++generation, generation, () -> factory));
    }

    /** Starts a machine with every device that there is. */
    Vm start(String name, int cpus, byte[] kernelFile) throws Exception {
        return start(name, cpus, Program.MEMORY, kernelFile);
    }

    Vm start(String name, int cpus, int memory, byte[] kernelFile) throws Exception {
        Path file = Files.write(folder.resolve(name + ".bin"), kernelFile);
        String text = """
                name: %1$s
                cpus: %2$d
                memory: %3$dMiB
                boot: {kernel: "%4$s"}
                onReboot: restart
                devices:
                  - {type: serial-16550, id: com1, console: {type: file, path: "%1$s.log"}}
                  - {type: serial-16550, id: com2, com: 2}
                  - {type: rtc-cmos, id: rtc}
                  - {type: i8042-reset, id: i8042}
                  - {type: debug-exit, id: exit}
                """.formatted(name, cpus, memory >> 20, file);
        Vm vm = kernel.define(new VmSource(name, text, folder, Map.of()));
        vm.start(Duration.ZERO);
        return vm;
    }

    @Override
    public void close() {
        kernel.close();
    }
}

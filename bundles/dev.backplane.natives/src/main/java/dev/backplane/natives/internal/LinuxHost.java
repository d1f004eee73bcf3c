package dev.backplane.natives.internal;

import static java.lang.System.Logger.Level.DEBUG;

import dev.backplane.natives.Host;
import dev.backplane.natives.event.HostEvents;
import dev.backplane.natives.file.HostFiles;
import dev.backplane.natives.kvm.HostKvm;
import dev.backplane.natives.memory.HostMemory;
import dev.backplane.natives.network.HostTaps;
import dev.backplane.natives.process.HostProcess;
import dev.backplane.natives.terminal.HostTerminals;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** The service. Activation lets the C library be bound, beside what else happens; who asks for a noun waits for it. */
@Component
public final class LinuxHost implements Host {

    private record Nouns(
            HostMemory memory,
            HostFiles files,
            HostTerminals terminals,
            HostProcess process,
            HostEvents events,
            HostTaps taps,
            HostKvm kvm) {
        static Nouns over(SystemCalls calls) {
            return new Nouns(
                    new LinuxMemory(calls),
                    new LinuxFiles(calls),
                    new LinuxTerminals(calls),
                    new LinuxProcess(calls),
                    new LinuxEvents(calls),
                    new LinuxTaps(calls),
                    new LinuxKvm(calls));
        }
    }

    private @Nullable Nouns nouns;

    @Activate
    public LinuxHost() {
        Thread.ofPlatform().daemon().name("bind-libc").start(this::bind);
    }

    private void bind() {
        try {
            nouns();
        } catch (RuntimeException | LinkageError e) {
            // Who asks for a noun is told, by trying it again.
            System.getLogger(LinuxHost.class.getName()).log(DEBUG, "the C library is not bound", e);
        }
    }

    @Override
    public HostMemory memory() {
        return nouns().memory();
    }

    @Override
    public HostFiles files() {
        return nouns().files();
    }

    @Override
    public HostTerminals terminals() {
        return nouns().terminals();
    }

    @Override
    public HostProcess process() {
        return nouns().process();
    }

    @Override
    public HostEvents events() {
        return nouns().events();
    }

    @Override
    public HostTaps taps() {
        return nouns().taps();
    }

    @Override
    public HostKvm kvm() {
        String processor = System.getProperty("os.arch");
        if (!"amd64".equals(processor)) {
            throw new UnsupportedOperationException(
                    "the host's processor is " + processor + ": /dev/kvm is bound for x86-64 only");
        }
        return nouns().kvm();
    }

    private synchronized Nouns nouns() {
        Nouns bound = nouns;
        if (bound == null) {
            bound = Nouns.over(SystemCalls.bind());
            nouns = bound;
        }
        return bound;
    }
}

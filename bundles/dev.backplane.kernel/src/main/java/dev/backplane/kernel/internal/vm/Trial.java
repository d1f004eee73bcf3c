package dev.backplane.kernel.internal.vm;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.time.GuestClock;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.VmFile;
import dev.backplane.kernel.internal.vm.TypeResolution.MissingType;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One machine's CPU backend while nobody knows whether it boots guests on such a host: until a console has heard of the guest. Where
 * all of them stay silent, or the engine cannot go on before, the next backend starts the guest from the beginning: a guest that has not
 * said anything has not done much. On the control thread, but for what says otherwise.
 */
final class Trial {
    /** How long a guest may stay silent, in its own time. */
    static final Duration SILENCE = Duration.ofSeconds(10);

    private static final System.Logger LOG = System.getLogger(Trial.class.getName());

    private final VmFile file;
    private final Services services;
    private final Host host;
    private final AtomicReference<@Nullable Offer> onTrial = new AtomicReference<>();

    /** The machine, as a trial needs it. */
    interface Host {
        /** Runs something on the control thread if the machine has a life then. Any thread. */
        void live(Consumer<Life> action);

        /** Tells people. */
        void notice(String text);

        /** It is over. */
        void over(VmState state, int status, String reason);
    }

    Trial(VmFile file, Services services, Host host) {
        this.file = file;
        this.services = services;
        this.host = host;
    }

    /** Tells what was chosen, and begins the trial where it is one. The guest does not run yet. */
    void begin(CpuChoice.Choice choice, GuestClock clock) {
        services.cpus().news(choice).ifPresent(news -> {
            LOG.log(System.Logger.Level.INFO, news);
            host.notice(news);
        });
        on(choice, clock);
    }

    private void on(CpuChoice.Choice choice, GuestClock clock) {
        if (choice.trial()) {
            onTrial.set(choice.offer());
            Duration silence = services.silence();
            listen(choice.offer(), clock, clock.nanos() + silence.toNanos(), silence);
        }
    }

    /** The clock stands while the machine does. */
    private void listen(Offer offer, GuestClock clock, long end, Duration time) {
        services.later()
                .after(
                        time,
                        () -> host.live(life -> {
                            if (onTrial.get() != offer) {
                                return;
                            }
                            long left = end - clock.nanos();
                            if (left > 0) {
                                listen(offer, clock, end, Duration.ofNanos(left));
                            } else {
                                lost("the guest's consoles stayed silent for %.3g s"
                                        .formatted(services.silence().toMillis() / 1e3));
                            }
                        }));
    }

    /** The guest has written to a console. Any thread, for each byte. */
    void heard() {
        Offer offer = onTrial.get();
        if (offer != null && onTrial.compareAndSet(offer, null)) {
            services.cpus().proven(offer);
        }
    }

    /** Somebody has chosen another backend meanwhile. */
    void dismiss() {
        onTrial.set(null);
    }

    /**
     * The engine cannot go on, or the guest is dead. Any thread.
     *
     * @param how one line, or more
     * @return whether there was a trial, and the guest is started on another backend because of that
     */
    boolean lost(String how) {
        Offer offer = onTrial.getAndSet(null);
        if (offer == null) {
            return false;
        }
        services.cpus().failed(offer, how.lines().findFirst().orElse(how));
        host.live(life -> next(life, offer.type() + ": unproven: " + how));
        return true;
    }

    private void next(Life life, String why) {
        try {
            CpuChoice.Choice choice = services.wiring().lookUpCpu(file);
            String text = "cpu: %s: the guest starts from the beginning on %s"
                    .formatted(why, choice.offer().type());
            LOG.log(System.Logger.Level.WARNING, "{0}: {1}", file.name(), text);
            host.notice(text);
            on(choice, life.clock());
            life.restart(choice.offer(), why);
        } catch (MissingType | ConfigurationException e) {
            host.over(VmState.FAILED, 1, "cpu: " + why + "\n" + e.getMessage());
        }
    }
}

package dev.backplane.shell.internal.gogo;

import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import java.util.Collection;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.ComponentServiceObjects;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferenceScope;

/**
 * Follows the services that are commands, and makes each noun a command of Gogo, so that pipes and variables work with them. The
 * framework is needed for that alone: which nouns there are is known only as services come.
 */
@Component(service = ShellCommands.class)
public final class ShellCommands {
    /** Variable of a session that holds who types in it. */
    static final String CALL = ".backplane.call";

    private static final String SCOPE = "backplane";

    private final CommandTable table = new CommandTable();
    private final Map<ComponentServiceObjects<ShellCommand>, Service> services = new ConcurrentHashMap<>();
    private final Map<String, ServiceRegistration<Function>> registered = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable BundleContext> context = new AtomicReference<>();

    /** A command's service. */
    private record Service(String noun, String verb, ComponentServiceObjects<ShellCommand> objects)
            implements CommandTable.Maker {
        @Override
        public @Nullable ShellCommand make() {
            return objects.getService();
        }

        @Override
        public void drop(ShellCommand command) {
            objects.ungetService(command);
        }
    }

    /** For Declarative Services. */
    @Reference(
            service = ShellCommand.class,
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            scope = ReferenceScope.PROTOTYPE_REQUIRED,
            unbind = "remove")
    public void add(ComponentServiceObjects<ShellCommand> objects, Map<String, Object> properties) {
        Object noun = properties.get("shell.noun");
        if (noun == null) {
            return;
        }
        Object verb = properties.getOrDefault("shell.verb", "");
        Service service = new Service(noun.toString(), verb.toString(), objects);
        services.put(objects, service);
        if (table.add(service.noun(), service.verb(), service)) {
            register(service.noun());
        }
    }

    /** For Declarative Services. */
    public void remove(ComponentServiceObjects<ShellCommand> objects) {
        Service service = services.remove(objects);
        if (service != null && table.remove(service.noun(), service.verb(), service)) {
            unregister(service.noun());
        }
    }

    /** For Declarative Services. */
    @Activate
    void open(BundleContext bundle) {
        context.set(bundle);
        table.nouns().forEach(this::register);
    }

    /** For Declarative Services. */
    @Deactivate
    void close() {
        context.set(null);
        registered.keySet().forEach(this::unregister);
    }

    private void register(String noun) {
        BundleContext bundle = context.get();
        if (bundle != null) {
            Hashtable<String, Object> properties = new Hashtable<>();
            properties.put(CommandProcessor.COMMAND_SCOPE, SCOPE);
            properties.put(CommandProcessor.COMMAND_FUNCTION, noun);
            registered.computeIfAbsent(
                    noun, any -> bundle.registerService(Function.class, new Noun(table, noun), properties));
        }
    }

    private void unregister(String noun) {
        ServiceRegistration<Function> registration = registered.remove(noun);
        if (registration != null) {
            try {
                registration.unregister();
            } catch (IllegalStateException e) {
                // The bundle has stopped meanwhile.
            }
        }
    }

    /** A noun as Gogo calls it. */
    private record Noun(CommandTable table, String noun) implements Function {
        @Override
        public Answer execute(CommandSession session, List<Object> arguments) throws Exception {
            if (session.get(CALL) instanceof ShellCall call) {
                return table.run(noun, arguments.stream().map(String::valueOf).toList(), call);
            }
            throw new CommandException(noun + ": this session of Gogo is not Backplane's shell");
        }
    }

    Set<String> nouns() {
        return table.nouns();
    }

    Collection<String> verbs(String noun) {
        return table.verbs(noun);
    }

    Answer help(List<String> words) throws CommandException {
        return table.help(words);
    }
}

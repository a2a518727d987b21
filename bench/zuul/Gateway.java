import com.netflix.appinfo.ApplicationInfoManager;
import com.netflix.appinfo.InstanceInfo;
import com.netflix.appinfo.MyDataCenterInstanceConfig;
import com.netflix.appinfo.providers.EurekaConfigBasedInstanceInfoProvider;
import com.netflix.client.config.CommonClientConfigKey;
import com.netflix.client.config.IClientConfig;
import com.netflix.config.ConfigurationManager;
import com.netflix.discovery.DefaultEurekaClientConfig;
import com.netflix.discovery.DiscoveryClient;
import com.netflix.discovery.EurekaClient;
import com.netflix.loadbalancer.AbstractServerList;
import com.netflix.netty.common.accesslog.AccessLogPublisher;
import com.netflix.netty.common.channel.config.ChannelConfig;
import com.netflix.netty.common.channel.config.CommonChannelConfigKeys;
import com.netflix.netty.common.metrics.EventLoopGroupMetrics;
import com.netflix.netty.common.proxyprotocol.StripUntrustedProxyHeadersHandler.AllowWhen;
import com.netflix.netty.common.status.ServerStatusManager;
import com.netflix.niws.loadbalancer.DiscoveryEnabledServer;
import com.netflix.spectator.api.DefaultRegistry;
import com.netflix.spectator.api.Registry;
import com.netflix.zuul.BasicRequestCompleteHandler;
import com.netflix.zuul.DefaultFilterFactory;
import com.netflix.zuul.Filter;
import com.netflix.zuul.FilterLoader;
import com.netflix.zuul.FilterUsageNotifier;
import com.netflix.zuul.StaticFilterLoader;
import com.netflix.zuul.context.SessionContext;
import com.netflix.zuul.context.ZuulSessionContextDecorator;
import com.netflix.zuul.filters.FilterType;
import com.netflix.zuul.filters.ZuulFilter;
import com.netflix.zuul.filters.http.HttpInboundSyncFilter;
import com.netflix.zuul.filters.http.HttpOutboundSyncFilter;
import com.netflix.zuul.filters.http.HttpSyncEndpoint;
import com.netflix.zuul.message.Headers;
import com.netflix.zuul.message.http.HttpRequestMessage;
import com.netflix.zuul.message.http.HttpResponseMessage;
import com.netflix.zuul.message.http.HttpResponseMessageImpl;
import com.netflix.zuul.netty.filter.ZuulEndPointRunner;
import com.netflix.zuul.netty.server.BaseServerStartup;
import com.netflix.zuul.netty.server.DefaultEventLoopConfig;
import com.netflix.zuul.netty.server.DirectMemoryMonitor;
import com.netflix.zuul.netty.server.NamedSocketAddress;
import com.netflix.zuul.netty.server.ZuulServerChannelInitializer;
import com.netflix.zuul.origins.BasicNettyOriginManager;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.group.ChannelGroup;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Zuul with the work that our gateway does for a request: `Gateway PORT FOLDER`, where the folder holds the routes, the
 * member's token and passport, and the headers of answers. Measures, balances and bounds what is under way by its own means.
 */
public final class Gateway extends BaseServerStartup {
    private static final String ORIGIN = "o".repeat(300);
    private static int port;
    private static List<String> routes;
    private static List<String[]> headers;
    private static final Map<String, String> PASSPORTS = new ConcurrentHashMap<>();

    private Gateway(Registry registry, EurekaClient eureka, ApplicationInfoManager instance, FilterLoader filters,
            FilterUsageNotifier counted) {
        super(
                new ServerStatusManager(instance),
                filters,
                new ZuulSessionContextDecorator(new BasicNettyOriginManager(registry)),
                counted,
                new BasicRequestCompleteHandler(),
                registry,
                new DirectMemoryMonitor(registry),
                new EventLoopGroupMetrics(registry),
                new DefaultEventLoopConfig(),
                eureka,
                instance,
                new AccessLogPublisher("ACCESS", (channel, request) -> "-"));
    }

    @Override
    protected Map<NamedSocketAddress, ChannelInitializer<?>> chooseAddrsAndChannels(ChannelGroup clients) {
        NamedSocketAddress address = new NamedSocketAddress("front", new InetSocketAddress("127.0.0.1", port));
        ChannelConfig config = defaultChannelConfig("front");
        config.set(CommonChannelConfigKeys.withProxyProtocol, false);
        config.set(CommonChannelConfigKeys.preferProxyProtocolForClientIp, false);
        config.set(CommonChannelConfigKeys.allowProxyHeadersWhen, AllowWhen.NEVER);
        ChannelConfig needs = defaultChannelDependencies("front");
        return Map.of(address, new ZuulServerChannelInitializer("front", config, needs, clients));
    }

    public static void main(String[] arguments) throws Exception {
        port = Integer.parseInt(arguments[0]);
        Path folder = Path.of(arguments[1]);
        routes = Files.readAllLines(folder.resolve("routes"));
        headers = Files.readAllLines(folder.resolve("headers")).stream().map(line -> line.split(": ", 2)).toList();
        List<String> member = Files.readAllLines(folder.resolve("member"));
        PASSPORTS.put(member.get(0), member.get(1));
        var settings = ConfigurationManager.getConfigInstance();
        settings.setProperty("eureka.registration.enabled", "false");
        settings.setProperty("eureka.shouldFetchRegistry", "false");
        settings.setProperty("eureka.validateInstanceId", "false");

        var here = new MyDataCenterInstanceConfig();
        var instance = new ApplicationInfoManager(here, new EurekaConfigBasedInstanceInfoProvider(here).get());
        var eureka = new DiscoveryClient(instance, new DefaultEurekaClientConfig());
        var registry = new DefaultRegistry();
        Set<Class<? extends ZuulFilter<?, ?>>> ours =
                Set.of(RouteChoice.class, Passports.class, Rates.class, Trace.class, Answers.class, Refused.class);
        var filters = new StaticFilterLoader(new DefaultFilterFactory(), ours);
        FilterUsageNotifier counted = (filter, status) -> registry.counter(
                        "zuul.filter", "name", filter.getClass().getSimpleName(), "status", status.name())
                .increment();
        Gateway gateway = new Gateway(registry, eureka, instance, filters, counted);
        gateway.init();
        gateway.server().start();
        gateway.server().awaitTermination();
    }

    /** What runs for every request. */
    public abstract static class Inbound extends HttpInboundSyncFilter {
        @Override
        public boolean shouldFilter(HttpRequestMessage request) {
            return true;
        }
    }

    /** The row of the table with the longest prefix. */
    @Filter(order = 10, type = FilterType.INBOUND)
    public static final class RouteChoice extends Inbound {
        @Override
        public HttpRequestMessage apply(HttpRequestMessage request) {
            String path = request.getPath();
            String best = null;
            for (String prefix : routes) {
                boolean fits = path.startsWith(prefix)
                        && (path.length() == prefix.length() || path.charAt(prefix.length()) == '/');
                if (fits && (best == null || prefix.length() > best.length())) {
                    best = prefix;
                }
            }
            SessionContext context = request.getContext();
            context.setEndpoint(best == null ? Refused.class.getName() : ZuulEndPointRunner.PROXY_ENDPOINT_FILTER_NAME);
            context.setRouteVIP("api");
            return request;
        }
    }

    /** The member's token, known from a cache, becomes a passport. */
    @Filter(order = 20, type = FilterType.INBOUND)
    public static final class Passports extends Inbound {
        @Override
        public HttpRequestMessage apply(HttpRequestMessage request) {
            Headers all = request.getHeaders();
            all.remove("x-matinee-passport");
            all.set("x-matinee-origin", ORIGIN);
            String said = all.getFirst("authorization");
            String passport = said != null && said.startsWith("Bearer ") ? PASSPORTS.get(said.substring(7)) : null;
            if (passport == null) {
                request.getContext().setEndpoint(Refused.class.getName());
            } else {
                all.set("x-matinee-passport", passport);
            }
            return request;
        }
    }

    /** A bucket for each member, as our own rates have it (GCRA). */
    @Filter(order = 30, type = FilterType.INBOUND)
    public static final class Rates extends Inbound {
        private static final double EACH_S = 1e-9;
        private static final double AHEAD_S = 1.0;
        private final Map<String, Double> due = new ConcurrentHashMap<>();

        @Override
        public HttpRequestMessage apply(HttpRequestMessage request) {
            double now = System.nanoTime() / 1e9;
            String who = request.getHeaders().getFirst("authorization", "");
            double paid = due.merge(who, now + EACH_S, (before, fresh) -> Math.max(before, now) + EACH_S);
            if (paid - now > AHEAD_S) {
                request.getContext().setEndpoint(Refused.class.getName());
            }
            return request;
        }
    }

    /** The client's W3C trace goes on under a span of ours; a new request id. */
    @Filter(order = 40, type = FilterType.INBOUND)
    public static final class Trace extends Inbound {
        @Override
        public HttpRequestMessage apply(HttpRequestMessage request) {
            Headers all = request.getHeaders();
            String span = String.format("%016x", ThreadLocalRandom.current().nextLong());
            String told = all.getFirst("traceparent");
            String trace = told != null && told.length() == 55 ? told.substring(3, 35) : span + span;
            all.set("traceparent", "00-" + trace + "-" + span + "-00");
            String id = request.getContext().getUUID();
            all.set("x-request-id", id);
            request.getContext().set("request-id", id);
            return request;
        }
    }

    /** What is said with every answer. */
    @Filter(order = 10, type = FilterType.OUTBOUND)
    public static final class Answers extends HttpOutboundSyncFilter {
        @Override
        public boolean shouldFilter(HttpResponseMessage answer) {
            return true;
        }

        @Override
        public HttpResponseMessage apply(HttpResponseMessage answer) {
            Headers all = answer.getHeaders();
            for (String[] header : headers) {
                all.set(header[0], header[1]);
            }
            all.set("x-request-id", answer.getContext().getString("request-id"));
            return answer;
        }
    }

    /** No member, no route, or too many requests. */
    @Filter(order = 0, type = FilterType.ENDPOINT)
    public static final class Refused extends HttpSyncEndpoint {
        @Override
        public HttpResponseMessage apply(HttpRequestMessage request) {
            return new HttpResponseMessageImpl(request.getContext(), request, 403);
        }
    }

    /** The servers of `listOfServers`, in the shape in which Zuul wants them. */
    public static final class Servers extends AbstractServerList<DiscoveryEnabledServer> {
        private IClientConfig config;

        @Override
        public void initWithNiwsConfig(IClientConfig given) {
            config = given;
        }

        @Override
        public List<DiscoveryEnabledServer> getInitialListOfServers() {
            List<DiscoveryEnabledServer> servers = new ArrayList<>();
            for (String each : config.get(CommonClientConfigKey.ListOfServers).split(",")) {
                String[] parts = each.trim().split(":");
                InstanceInfo known = InstanceInfo.Builder.newBuilder()
                        .setInstanceId(each)
                        .setAppName("api")
                        .setHostName(parts[0])
                        .setIPAddr(parts[0])
                        .setPort(Integer.parseInt(parts[1]))
                        .build();
                servers.add(new DiscoveryEnabledServer(known, false, true));
            }
            return servers;
        }

        @Override
        public List<DiscoveryEnabledServer> getUpdatedListOfServers() {
            return getInitialListOfServers();
        }
    }
}

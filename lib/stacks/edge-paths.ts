import { analyticsContract } from '../../runtime/analytics/contract';
import { authContract } from '../../runtime/auth/contract';
import { chatContract } from '../../runtime/chat/contract';
import { streamContract } from '../../runtime/stream/contract';
import { webContract } from '../../runtime/web/contract';

/** Everything behind the API and web distribution that answers more than page loads. */
const apis = [authContract, streamContract, chatContract, analyticsContract];

/** A contract's prefix as CloudFront writes it. */
const pattern = (prefix: string) => `${prefix}*`;

export const apiPathPatterns: readonly string[] = apis.flatMap(({ prefixes }) => prefixes.map(pattern));

/** What goes to chat's own controller where the tier has one. */
export const chatPathPatterns: readonly string[] = chatContract.prefixes.map(pattern);

/** Build output; its names change with its content. */
export const hashedAssetPathPatterns: readonly string[] = [webContract.routes.asset.path.replace(/:\w+$/, '*')];

/** What the rate rules count. */
export const webAclPrefixes = { authPrefixes: authContract.prefixes, chatPrefixes: chatContract.prefixes };

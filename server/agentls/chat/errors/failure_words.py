"""The wordings of errors, by what they mean: families of phrases that many servers share.

Knows words only, no status and no server by name; `failure_code.py` says where each family is looked for. Invariant:
no pattern repeats a repetition and every gap is bounded, so a search in some 6,000 characters is linear with a small
factor. All is text until the first failure: compiling would cost every start.
"""

from typing import Final

_COUNTED: Final = r"(?:(?!image|file|audio|items|output|vocab|cache|budget|entries).)"
_LIMITED: Final = r"(?:(?!image|file|audio|items|output|vocab|cache|budget|entries|completion).)"
"""Signs of a phrase on the length of the input, before and after its verb: what else may be too large is none."""

WORDS: Final = {
    # Settings of an account that rule the model out: neither a missing model nor a wrong key (I3).
    "account": r"data policy|no allowed providers|guardrail restrictions|all providers have been ignored"
    r"|requires terms acceptance|must be verified to",
    # No provider of the model takes what the request asks for (OpenRouter), the tools apart.
    "noProvider": r"no endpoints (found|available) (that|which|matching)",
    "quota": r"insufficient[_ ](\w{1,20}[_ ]){0,4}(quota|balance|funds?|credits?)"
    r"|\b(quota|balance|credits?|funds)\b[^.]{0,30}\b(not enough|insufficient|too low|low\b|exhausted|depleted|used up"
    r"|run out|ran out|negative|zero\b|empty)"
    r"|not[_ ]enough[_ ](\w{1,20}[_ ])?(quota|balance|credits?|funds)|(have|has) any credits"
    r"|exceeded[_ ](your )?current[_ ]quota|creditserror|billing[_ ](hard[_ ]limit|cycle|not[_ ]active|error|issue)"
    r"|(requires|purchase|buy|add) (more )?credits|out of (credits?|funds|quota)|payment (is )?(required|overdue)"
    r"|add a payment method|payment method (is |was )?(required|missing|declined)|past[- ]due|in arrears"
    r"|(used|spent) all (available )?credits|credit balance|\bno (credits|quota|balance)|credit[_ ]limit"
    r"|included credits|depleted your"
    r"|(monthly|spending|key|hard) (spending )?(limit|cap)( has been| was| is)? (exceeded|reached)"
    r"|monthly spending (limit|cap)|(exceeded|over|exceeds)[_ ]?(the |its |your )?budget|budget[_ ](has been )?exceeded"
    r"|(reached|exceeded|hit|over) (the |its |your )?(\w{1,12} ){0,2}(spending|spend|billing) (limit|cap)"
    r"|free (tier|quota|allocation|allocated quota)\b.{0,60}(exhausted|exceeded|upgrade)|freetieronly"
    r"|daily free allocation|pre_consume_token_quota|arrearage|in good standing|overdue|please recharge|recharge your"
    r"|recharge to|top[- ]up (your|the|to)|upgrade for access|requires a (\w{1,20} )?subscription"
    r"|account is not active|(trial|subscription)( period)? (has |is )?(ended|expired|lapsed)"
    r"|unpaid (invoice|balance|bill)|specified (api )?usage limit|余额不足|额度不足|额度已用尽|欠费|请充值|账户余额",
    "accountClosed": r"(account|organization|workspace)\b.{0,30}\b(locked|frozen|deactivated|banned|terminated"
    r"|suspended|closed|restricted)|access[_ ]terminated",
    "contentFilter": r"content[_ ]?filter|content management policy|violat\w{1,5} (our |openai's |the )?"
    r"(usage|content|safety|moderation|acceptable|guardrail)|data_?inspection_?failed|responsibleaipolicy|high risk"
    r"|content exists risk|content_?policy_?violation|flagged (by|as|for)|(was|been)[_ ]flagged|moderation[_ ]flagged"
    r"|inappropriate content|safety_check|disallowed content|harmful content|\bnsfw\b|content safety"
    r"|(content|input|prompt|output) moderation|moderation[_ ]?(block|fail|error|violation|policy|triggered)"
    r"|(prompt|input|output|response|answer|content)[_ ](text |data )?((was|is|were|been|has been) )?blocked\b"
    r"|blocked (because|due to|by) .{0,60}(content|safety|moderation)|safety (filter|polic|reason|guideline)"
    r"|new_sensitive|unsafe or sensitive|input sensitive|prohibited[_ ]content|safety system"
    r"|(?<!case[- ])\bsensitive[_ ](check|content|information|words?|chat|text|material|topics?)"
    r"|blocked due to security|violated \w{1,30} (policy|guardrail)|blocked by .{0,40}guardrail"
    r"|guardrail (policy )?(triggered|violation)|(by|failed|requires) (our |the )?moderation|content_blocked"
    r"|policy_violation|violates? (our|the) .{0,30}polic|(our|the) (usage|content|safety|acceptable[- ]use) polic"
    r"|不安全|敏感|内容.{0,6}违规",
    "toolCallRejected": r"tool_use_failed|tool call validation failed|model did not call a tool"
    r"|failed to parse (the )?(tool|function) call|failed to parse input at pos|error parsing tool call"
    r"|failed to call a function|malformed_function_call|less tool calls",
    "brokenCall": r"(invalid|malformed|decod\w{1,3}|pars\w{1,3}) (the )?(tool|function)[ _-]?call",
    "toolsUnsupported": r"(not|n't) (support|accept)\w{0,3} (native |any |the |parameters?:? |use of ){0,2}"
    r"[\['\"`]{0,2}(tools?\b(?! (choice|type|call id|result|message))"
    r"|tool[- _]?(calls?|calling|use)\b(?! id)|function[- _]?(calls?|calling))"
    r"|(?<!\w)(?<!parallel )(?<!parallel_)(?<!strict )(tools?|tool[- _]?(calls?|calling|use)|function[- _]?calls?"
    r"|function[- _]?calling|functions)['\"`]?:? (parameter |support )?(is |are )?(currently )?"
    r"(not (yet )?(support(ed)?|enabled|available|implemented)|unsupported|unavailable|disabled)"
    r"|(tool|function)[- ]calling requires|named tools are supported"
    r"|(tools?|tool[- ]calling|function[- ]calling)['\"`]? (isn't|aren't) (supported|enabled|available)"
    r"|enable-auto-tool-choice|requires? --jinja|that support tool use|support the provided 'tool_choice'"
    r"|tool-call-parser|role: input should be 'system', 'user' or 'assistant'"
    r"|supports tool calling for this model|no (native )?tool[- ]call(ing|s)? support"
    r"|(unsupported|unknown|unrecognized|unexpected) (request )?(param\w{0,6}|argument|field)( supplied)?\W{1,4}"
    r"(tools|functions)\b"
    # A validator's list of errors, printed into the message.
    r"|['\"]loc['\"]: ?[\[(]['\"]body['\"], ?['\"](tools|functions)['\"][\])], ?['\"]msg['\"]: ?['\"]extra inputs",
    "contextLength": r"context[_ ]length[_ ]exceeded|exceed_context_size|request body too large|max(imum)? (prompt"
    r"|context|input|model) length"
    r"|too_many_prompt_tokens|input token count|prompt token count|prompt_tokens_exceeded"
    r"|\b(prompt|input|request|conversation|messages?)( \([^)]{0,40}\)|( text)?[_ ](tokens?|length)){0,2}"
    r" ?(is |are )?(too long|too large)\b|tokens[_ ]too[_ ]long|prompt exceeds|too long for (this|the) model"
    r"|exceed\w{0,3}\b.{0,40}\bcontext|context\b.{0,40}(exceed|overflow|too small|is only)|length of all messages"
    r"|context (limit|size|window) (is|of) \d|max_tokens must be at least 1, got -|tokens? limit (reached|exceeded)"
    r"|model token limit|(?<!_)(?<!output )(?<!completion )(tokens?|prompt|input|messages)\b" + _COUNTED + r"{0,60}"
    r"(exceed\w{0,3}|more than|longer than|greater than|larger than|\bover the)\b" + _LIMITED + r"{0,40}"
    r"(limit|max|length|window|context|\d{4})"
    r"|(prompt|input)( tokens)? (and|plus|\+)\b.{0,60}\bexceed|tokens?\b.{0,20}\bover the limit"
    r"|exceed\w{0,3} (the )?max(imum)? (?!output|completion)(\w{1,12} ){0,2}tokens|too many (input )?tokens"
    r"|reduce (the|your) (length|prompt|message)|greater than (the |max_)(context|seq|model|max)|context[_ ]?window"
    r"[_ ]?exceed|range of input length|longer than the (model|max)"
    r"|but the context is"
    r"|less than max_seq_len|tokens?\b.{0,20} not fit|max_new_tokens`? must be"
    r"|must have less than \d{1,9} tokens|超长|超过.{0,12}(长度|上下文)",
    "wrongAddress": r"unexpected endpoint or method|invalid url \(|invalidurl|^invalid url provided in your request"
    r"|\bno route for|no route matched"
    r"|unknown (route|request url)|unknown_url|\bcannot (post|get) /|unrecognized request url|no static resource"
    r"|could not route|unsupported api version|https?://\S{1,200} is no longer supported|please check url"
    r"|plain http request was sent to https|http request to an https",
    "endpointNotFound": r"\bno route|unknown (path|route|endpoint|url)|page not found|no handler for"
    r"|(url|route|path|page|resource|endpoint|method)\b.{0,120}(was |is |be )?not (found|allowed)"
    r"|no matching (route|endpoint|operation)|default backend|no such (route|endpoint|path)"
    r"|unsupported (path|endpoint|url)",
    "modelNotFound": r"model_?not_?found|model_decommissioned|invalid_model|unknown_model|deployment_?not_?found"
    r"|unsupported model\b|\bdeployment\b.{0,60}(not found|not be found|does not exist)"
    r"|model_not_(available|supported|exist)|not a (valid|supported) model|supported (api )?model names|invalid model\b"
    r"|unknown (\w{1,20} )?model\b|check the model (you|name|id|code)\b|no endpoints found for|non-serverless model"
    r"|alpha period for this model|no such model"
    r"|no models? (is |are )?(currently )?loaded|not a chat model|only supported in v1/|endpoint with name"
    r"|endpoint for \S{1,100} is not running|\bmodel ['\"`][^'\"`]{1,100}['\"`] is not allowed"
    r"|endpoint ['\"`][^/'\"`]{1,100}['\"`] (was |is )?(not found|does not exist)|\badapter\b.{0,100}does not exist"
    r"|resource_does_not_exist|given endpoint does not exist|not found the model|unable to access model"
    r"|does not work with the specified model|no available channel|无可用渠道|模型不存在|(^|error: )model: \S"
    r"|invalidendpoint|model not open|unsupported[_ ]api[_ ]for[_ ]model|\bmodel (is )?(disabled|unloaded|offline)"
    r"|following models are (allowed|available)|model is required|model not specified"
    r"|(cannot|could not|couldn't|can't) find\b.{0,20}\bmodel"
    r"|(?<![/\w.-])model\b(?:(?!\. ).){0,120}?(not found|not be found|does not exist|doesn't exist|not exist"
    r"|decommissioned|was deprecated|is deprecated|no longer (available|accessible|supported)|is not available"
    r"|is not accessible via|is unavailable|is disabled|(is )?not loaded|not (been )?activated"
    r"|(has been|was) (removed|retired|deprecated|sunset|discontinued|archived)|is not supported by any|end of life)"
    r"|\bmodel ['\"`]?([\w./:@-]{1,200}['\"`]? )?(is )?not supported"
    r"(?! (parameter|with|when|for (?!this (request|api))))"
    r"|\bmodel ['\"`]?[\w./:@-]{1,200}['\"`]? (is |was )?not recogni[sz]ed"
    r"|\bmodels/[\w.:-]{1,100} is not"
    r"|function '[^']{1,100}': not found for account",
    # Where nothing but a model can be missing: a 404 that is JSON and names no path.
    "missing": r"\bfunction\b.{0,120}not found|(?<![/\w.-])models?\b(?![/-])",
    # Things that are no model and no path: what was asked for with an extra parameter.
    "missingThing": r"(no such|unknown) (file|batch|assistant|thread|vector store|response|conversation|container)\b"
    r"(?! or )|\b(batch|assistant|thread|vector[_ ]store|previous[_ ]response|conversation|container|upload"
    r"|cachedcontent|file with id|fine[- ]?tuning job)\b.{0,80}not[_ ]found|\b(batch|file) found with id",
    "auth": r"(invalid|incorrect|missing|wrong|expired|no) (api[ _-]?|auth\w{0,12} |subscription |access |bearer )"
    r"(key|token|credentials|header)|api_key_invalid|invalid[_ ]api[_ ]key|authentication[_ ](error|fail)"
    r"|unauthori[sz]ed|no auth credentials|unauthenticated|\binvalid_token|token_(expired|revoked|invalid)"
    r"|(not|unable to) authenticate|authentication token|(invalid|no) credentials?\b|\bauth_error|access[_ ]denied"
    r"|insufficient permission|\bno permission|do(es)? not have (permission|access)|missing scopes"
    r"|member of an organization|无权|身份验证|未提供令牌"
    r"|api[ _-]?key\b.{0,40}\b(not valid|not found|not set|not provided|invalid|missing|required|expired|disabled"
    r"|revoked|incorrect|does not exist)|(sure|check|verify|ensure)( that)? your api[ _-]?key"
    r"|(bearer|access|auth\w{0,12}) token\b.{0,40}\b(malformed|invalid\w{0,5}|missing|expired|revoked)"
    r"|no cookie auth|invalid authentication|authorization header|login fail"
    r"|unsupported_country|location is not supported"
    r"|invalid username or password|valid api[ _-]?(key|token)|permission[_ ]?denied|not allowed to access|无效的令牌",
    # What a caller did wrong: looked for last and inside a stream only, where no status says so.
    "refused": r"unsupported|not (supported|permitted)|n[o']t support|unknown (parameter|field|name)|unrecogni[sz]ed"
    r"|invalid ['\"`]?(param|value|request|type|message|tool|content|schema|role|image|input|argument|api param|max)"
    r"|\bmust (be|have|not|alternate|start|contain)|is required|missing required|\billegal\b|duplicate"
    r"|\bshould (be|have|match|not)|cannot be (set|used|disabled|empty)|field required|extra (field|inputs)"
    r"|jinja|non-empty|less than or equal|exceed\w{0,2} (the )?(max|limit)",
    "noAccess": r"not authori[sz]ed|(?<!method )not (allowed|permitted)|\bforbidden\b|permission"
    r"|do(es)? not have access|access[_ ]denied|no access",
    "overloaded": r"overloaded|at capacity|over capacity|capacity (\w{1,20} )?exceeded|upstream service unavailable"
    r"|no healthy upstream|(workers|servers|engines|instances|slots) (are )?(all )?busy|\bscaling[_ ]up\b"
    r"|\bno (available )?capacity|warming up|endpoint is unavailable"
    r"|(server|service|system|model|engine) (is |are )?(currently |temporarily |too )?(busy|overloaded|unavailable)"
    r"|(?<!failed )(?<!error )\bloading model|model\b.{0,120} (is|being|currently|still) (currently |still )?loading"
    r"|model is being loaded|high (demand|load|traffic)|queue_exceeded"
    r"|queue is full|insufficient_system_resource|temporarily unavailable|负载",
    "periodLimit": r"(daily|weekly|monthly|hourly|session|usage) (usage |request |token )?limit",
    "rateLimit": r"rate[-_ ]?limit|too[-_ ]many[-_ ]requests|rate_limited|(tokens|requests) per (minute|min|day|second)"
    r"|throttl|resource_exhausted|resource has been exhausted|limit_requests|(rpm|tpm|rps)\b.{0,20}(limit|exceed)"
    r"|concurren\w{2,4} (limit|usage|request)|usage limit|quota[_ ]exceeded|请求过多|频率|并发|限流",
    "paced": r"per[- ]?(minute|min|day|second|hour)\b|rate[-_ ]limit( reached| exceeded|_error|_exceeded)"
    r"|\b[rt]p[mds]\b|(daily|hourly|weekly) (token|request)",
    "tooBigForLimit": r"request too large|maximum context|context[_ ]length|tokens must be reduced",
    "missingModel": r"model_not_found|try pulling|no available channel|无可用渠道"
    r"|no models? (is |are )?(currently )?loaded"
    r"|\bmodel ['\"`][^'\"`]{1,200}['\"`] (was )?(not found|does not exist)",
    "wrongKey": r"(invalid|incorrect|no|missing) api[ _-]?key|invalid_api_key|api key (is )?(not valid|required)"
    r"|^unauthori[sz]ed\b",
    "listed": r"\bvalidation errors?\b",
    "passes": r"(try again|retry) in \d|retry after \d|per ?minute",
}
